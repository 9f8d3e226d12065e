// The parts of TipTap the desk uses, as one global `Tiptap`. What a text may hold, and the toolbar, are our own files:
// static/js/editor-text.js and static/js/editor.js. Nothing here that medportal/lib/html.py would strip (code, strike, rules).
export { Editor, Extension, Mark, Node } from "@tiptap/core";
export { Blockquote } from "@tiptap/extension-blockquote";
export { Bold } from "@tiptap/extension-bold";
export { Document } from "@tiptap/extension-document";
export { HardBreak } from "@tiptap/extension-hard-break";
export { Heading } from "@tiptap/extension-heading";
export { Italic } from "@tiptap/extension-italic";
export { BulletList, ListItem, ListKeymap, OrderedList } from "@tiptap/extension-list";
export { Paragraph } from "@tiptap/extension-paragraph";
export { Table, TableCell, TableHeader, TableRow } from "@tiptap/extension-table";
export { Text } from "@tiptap/extension-text";
export { Dropcursor, Gapcursor, UndoRedo } from "@tiptap/extensions";
