"""Maintainers only: draw the icons, the preview pictures and the sample posters (needs Chromium, playwright, pillow)."""

import io
import sys
from pathlib import Path

from PIL import Image
from playwright.sync_api import sync_playwright

ROOT = Path(__file__).resolve().parent.parent / "medportal"
IMG = ROOT / "static" / "img"
MEDIA = ROOT / "demo" / "media"
MARK = (IMG / "icon.svg").read_text(encoding="utf-8")
FONT = (ROOT / "static" / "fonts").as_uri()
CARD = """<!doctype html><meta charset="utf-8"><style>
@font-face{{font-family:N;src:url("{font}/noto-sans-arabic-5.3.0-700.woff2");font-weight:700}}
body{{margin:0;width:{w}px;height:{h}px;background:{bg};color:#fff;display:flex;flex-direction:column;justify-content:center;
gap:36px;padding:0 90px;box-sizing:border-box;font:700 64px N,system-ui,sans-serif}} svg{{width:140px;height:140px}} p{{margin:0;line-height:1.5}}
small{{font-size:34px;opacity:.85}}</style><body dir="{dir}">{mark}<p>{text}<br><small>{small}</small></p>"""
CARDS = {
    "og-ar": ("rtl", "البوابة الطبية", "الأمراض والصحة بالعربية والإنجليزية، مع المصادر"),
    "og-en": ("ltr", "Medical Portal", "Diseases and health in Arabic and English, with their sources"),
}
POSTERS = {
    "blood-pressure": '<rect x="90" y="60" width="260" height="240" rx="30" fill="#fff"/><rect x="120" y="95" width="200" height="110" rx="12" fill="#d8ecec"/>'
    '<path d="M135 155h35l14-30 26 60 18-40h75" fill="none" stroke="#0b5563" stroke-width="8" stroke-linejoin="round" stroke-linecap="round"/><circle cx="220" cy="252" r="24" fill="#0b5563"/>'
    '<path d="M350 180c70 0 60-90 120-90" fill="none" stroke="#fff" stroke-width="10"/><rect x="455" y="50" width="110" height="200" rx="50" fill="none" stroke="#fff" stroke-width="14"/>',
    "stroke": '<circle cx="230" cy="180" r="120" fill="#fff"/><circle cx="190" cy="150" r="11" fill="#0b5563"/><circle cx="270" cy="158" r="11" fill="#0b5563"/>'
    '<path d="M175 225q40 34 75 10q16-10 32 14" fill="none" stroke="#0b5563" stroke-width="9" stroke-linecap="round"/>'
    '<path d="M470 80v110" stroke="#fff" stroke-width="22" stroke-linecap="round"/><circle cx="470" cy="245" r="15" fill="#fff"/>',
}


def shoot(page, html: str, width: int, height: int) -> Image.Image:
    page.set_viewport_size({"width": width, "height": height})
    page.set_content(html)
    page.evaluate("document.fonts.ready")
    page.wait_for_timeout(200)
    return Image.open(io.BytesIO(page.screenshot(omit_background=True)))


def main() -> None:
    MEDIA.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as play:
        browser = play.chromium.launch(
            executable_path=sys.argv[1], args=["--no-sandbox", "--allow-file-access-from-files"]
        )
        page = browser.new_page()
        blank = MEDIA / "blank.html"  # a file's page may load the font from a file
        blank.write_text("<!doctype html>", encoding="utf-8")
        page.goto(blank.as_uri())
        blank.unlink()
        for name, (direction, text, small) in CARDS.items():
            html = CARD.format(
                font=FONT, w=1200, h=630, bg="#0b5563", dir=direction, mark=MARK, text=text, small=small
            )
            shoot(page, html, 1200, 630).convert("RGB").quantize(64).save(IMG / f"{name}.png", optimize=True)
        icon = {}
        for size in (32, 192, 512):
            html = f"<style>body{{margin:0;background:transparent}}svg{{width:{size}px;height:{size}px;display:block}}</style>{MARK}"
            icon[size] = shoot(page, html, size, size)
        for size in (192, 512):
            icon[size].save(IMG / f"icon-{size}.png", optimize=True)
        icon[32].save(IMG / "favicon.ico", sizes=[(16, 16), (32, 32)])
        for name, drawing in POSTERS.items():
            html = f'<body style="margin:0;background:#0b5563"><svg viewBox="0 0 640 360" width="640" height="360">{drawing}</svg>'
            shoot(page, html, 640, 360).convert("RGB").save(MEDIA / f"{name}.webp", quality=80)
        browser.close()


main()
