#!/usr/bin/env bash
# Maintainers only: bundle the editor of the desk into medportal/static/vendor. Needs npm, gzip and openssl.
# To renew: change the versions in package.json, `npm install --ignore-scripts` here, the file name below and in
# templates/editing/_scripts.html, run this, then put the new checksum into static/VENDORED.md.
set -euo pipefail
cd "$(dirname "$0")"
vendor=../../medportal/static/vendor
out=$vendor/tiptap-3.32.2.min.js

bundled=$(mktemp)
trap 'rm -f "$bundled"' EXIT

npm ci --ignore-scripts --no-audit --no-fund
node_modules/.bin/esbuild entry.js --bundle --minify --format=iife --global-name=Tiptap --target=es2019 \
  --legal-comments=none --metafile="$bundled" --banner:js='/* TipTap 3.32.2 and ProseMirror, MIT: LICENSE.tiptap.txt */' --outfile="$out"

{
  echo "tiptap-3.32.2.min.js holds the packages below, all under the MIT licence."
  for licence in node_modules/@tiptap/core/LICENSE* node_modules/*/LICENSE*; do
    package=$(dirname "$licence")
    grep -q "\"$package/" "$bundled" || continue
    printf '\n\n== %s ==\n\n' "${package#node_modules/}"
    cat "$licence"
  done
} > "$vendor/LICENSE.tiptap.txt"

echo "gzip -9: $(gzip -9 -c "$out" | wc -c) bytes"
echo "sha384:  $(openssl dgst -sha384 -binary "$out" | openssl base64 -A)"
