"""Makes assets/icons.wxss: the icons this program uses, as a font inside the style sheet.

TDesign loads its icon font from a host of its own; nothing here is loaded from anybody at run time. Half of the icons are
strokes, which a font cannot hold, so they are outlined first. Run once, when ICONS changes:

    pip install skia-pathops==0.9.2 fonttools==4.68.0 brotli==1.2.1
    npm pack tdesign-icons-svg@0.4.0 && tar xf tdesign-icons-svg-0.4.0.tgz
    python3 tools/icon-font.py node_modules/tdesign-miniprogram/miniprogram_dist/icon/icon.wxss package/src assets/icons.wxss
"""

import base64
import io
import re
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pathops
from fontTools.fontBuilder import FontBuilder
from fontTools.pens.cu2quPen import Cu2QuPen
from fontTools.pens.transformPen import TransformPen
from fontTools.pens.ttGlyphPen import TTGlyphPen
from fontTools.svgLib.path import parse_path

ICONS = """
browse browse-off call check check-circle check-circle-filled check-rectangle-filled chevron-down chevron-left chevron-right
chevron-up close close-circle close-circle-filled error-circle error-circle-filled file help-circle home info-circle
info-circle-filled loading minus-circle-filled minus-rectangle-filled notification refresh sound time time-filled user wifi-off
""".split()
UNITS = 1024
GRID = 24
ASCENT = 896
CODE = re.compile(r"\.t-icon-([\w-]+):before\{content:'\\([0-9A-Fa-f]+)'")
CAPS = {"butt": pathops.LineCap.BUTT_CAP, "round": pathops.LineCap.ROUND_CAP, "square": pathops.LineCap.SQUARE_CAP}
JOINS = {"miter": pathops.LineJoin.MITER_JOIN, "round": pathops.LineJoin.ROUND_JOIN, "bevel": pathops.LineJoin.BEVEL_JOIN}


def drawn(element):
    """The path of one SVG element, or nothing for what draws nothing."""
    path, number = pathops.Path(), lambda name: float(element.get(name, 0))
    kind = element.tag.split("}")[-1]
    if kind == "path":
        parse_path(element.get("d", ""), path.getPen(glyphSet=None))
    elif kind in ("circle", "ellipse"):
        rx, ry = (number("r"), number("r")) if kind == "circle" else (number("rx"), number("ry"))
        x, y = number("cx"), number("cy")
        parse_path(f"M{x - rx} {y}A{rx} {ry} 0 1 0 {x + rx} {y}A{rx} {ry} 0 1 0 {x - rx} {y}Z", path.getPen(glyphSet=None))
    elif kind == "rect":
        x, y, w, h = number("x"), number("y"), number("width"), number("height")
        parse_path(f"M{x} {y}H{x + w}V{y + h}H{x}Z", path.getPen(glyphSet=None))
    else:
        return None
    return path


def outline(file):
    """Everything an SVG draws, as one filled path."""
    whole = pathops.Path()
    for element in ElementTree.parse(file).iter():
        path = drawn(element)
        if path is None:
            continue
        if element.get("stroke") not in (None, "none"):
            stroke = pathops.Path(path)
            cap, join = element.get("stroke-linecap", "butt"), element.get("stroke-linejoin", "miter")
            stroke.stroke(float(element.get("stroke-width", 1)), CAPS[cap], JOINS[join], float(element.get("stroke-miterlimit", 4)))
            stroke.convertConicsToQuads()
            stroke.draw(whole.getPen(glyphSet=None))
        if element.get("fill") not in (None, "none", "transparent"):
            if element.get("fill-rule") == "evenodd":
                path.fillType = pathops.FillType.EVEN_ODD
            path.convertConicsToQuads()
            path.simplify(fix_winding=True)
            path.draw(whole.getPen(glyphSet=None))
    whole.simplify(fix_winding=True, keep_starting_points=False)
    return whole


def font(codes, folder):
    glyphs, cmap = {".notdef": TTGlyphPen(None).glyph()}, {}
    for name in ICONS:
        pen, scale = TTGlyphPen(None), UNITS / GRID
        outline(folder / f"{name}.svg").draw(TransformPen(Cu2QuPen(pen, 0.5, all_quadratic=True), (scale, 0, 0, -scale, 0, ASCENT)))
        glyphs[name], cmap[codes[name]] = pen.glyph(), name
    builder = FontBuilder(UNITS, isTTF=True)
    builder.setupGlyphOrder(list(glyphs))
    builder.setupCharacterMap(cmap)
    builder.setupGlyf(glyphs)
    builder.setupHorizontalMetrics({name: (UNITS, 0) for name in glyphs})
    builder.setupHorizontalHeader(ascent=ASCENT, descent=ASCENT - UNITS)
    builder.setupNameTable({"familyName": "t", "styleName": "Regular"})
    builder.setupOS2(sTypoAscender=ASCENT, sTypoDescender=ASCENT - UNITS, usWinAscent=ASCENT, usWinDescent=UNITS - ASCENT)
    builder.setupPost()
    builder.font.flavor = "woff2"
    file = io.BytesIO()
    builder.save(file)
    return file.getvalue()


def main(sheet, folder, out):
    codes = {name: int(code, 16) for name, code in CODE.findall(Path(sheet).read_text())}
    missing = [name for name in ICONS if name not in codes or not (Path(folder) / f"{name}.svg").exists()]
    if missing:
        sys.exit(f"no such icons: {' '.join(missing)}")
    data = base64.b64encode(font(codes, Path(folder))).decode()
    face = f"@font-face{{font-family:t;src:url(data:font/woff2;base64,{data}) format('woff2');font-weight:400;font-style:normal}}\n"
    Path(out).write_text(f"/* {' '.join(ICONS)} */\n{face}")


main(*sys.argv[1:4])
