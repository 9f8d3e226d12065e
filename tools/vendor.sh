#!/usr/bin/env bash
# Maintainers only: renew the vendored files of medportal/static from pinned npm packages.
# Needs npm, openssl, and fonttools with brotli (pyftsubset). Nothing here runs on the site's machine. The editor has its own: tools/tiptap/build.sh.
set -euo pipefail
cd "$(dirname "$0")/.."
out=medportal/static
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

fetch() { # package@version -> unpacked folder
  local name=${1%@*}; name=${name//@/}; name=${name//\//-}
  (cd "$work" && npm pack --silent "$1" > "$name.tgz.name" && mkdir -p "$name" && tar xzf "$(cat "$name.tgz.name")" -C "$name" --strip-components=1)
  echo "$work/$name"
}

htmx=$(fetch htmx.org@2.0.11)
cp "$htmx/dist/htmx.min.js" "$out/vendor/htmx-2.0.11.min.js"
cp "$htmx/LICENSE" "$out/vendor/LICENSE.htmx.txt"

noto=$(fetch @fontsource/noto-sans-arabic@5.3.0)
arabic="U+060C,U+061B,U+061F,U+0621-063A,U+0640-0655,U+0660-066D,U+0670-0671,U+067E,U+0686,U+0698,U+06A4,U+06A9,U+06AF,U+06C1,U+06CC,U+06D4,U+06F0-06F9,U+200C-200F,U+2010-2011,U+FDF2,U+FDFA-FDFD"
for weight in 400 700; do
  pyftsubset "$noto/files/noto-sans-arabic-arabic-$weight-normal.woff2" --unicodes="$arabic" \
    --layout-features='*' --flavor=woff2 --output-file="$out/fonts/noto-sans-arabic-5.3.0-$weight.woff2"
done
cp "$noto/LICENSE" "$out/fonts/LICENSE.noto-sans-arabic.txt"

lucide=$(fetch lucide-static@1.62.0)
cp "$lucide/LICENSE" "$out/img/LICENSE.lucide.txt"
python3 tools/sprite.py "$lucide/icons" > "$out/img/icons-1.62.0.svg"
python3 tools/sprite.py "$lucide/icons" editor > "$out/img/editor-icons-1.62.0.svg"
