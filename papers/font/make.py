#!/usr/bin/env python3
"""Makes song.otf and hei.otf, the two faces that printed papers embed. README.md says what they are and what it needs.

The result depends on the versions of the fonts, of Unicode's tables and of fonttools named there, and on nothing else:
time stamps are those of the originals.
"""

import bz2
import pathlib
import re
import sys

from fontTools import subset
from fontTools.ttLib import TTFont

NOTO = pathlib.Path("/usr/share/fonts/opentype/noto")
UNIHAN = pathlib.Path("/usr/share/unicode/Unihan_OtherMappings.txt.bz2")
HERE = pathlib.Path(__file__).parent
COPYRIGHT = "SIL Open Font License 1.1, see OFL.txt. A subset of Noto CJK, (c) 2014-2022 Adobe."


def decoded(codec, first, last):
    """Every character that a two-byte code has in the rows first..last, counted from 1."""
    for row in range(first, last + 1):
        for cell in range(1, 95):
            try:
                yield ord(bytes([0xA0 + row, 0xA0 + cell]).decode(codec))
            except UnicodeDecodeError:
                pass


def general_standard():
    """The 8105 characters of the General Standard Chinese Characters table of 2013 (Unihan's kTGH). Its third level
    is there for surnames, given names and place names."""
    for line in bz2.open(UNIHAN, "rt", encoding="utf-8"):
        found = re.match(r"U\+([0-9A-F]+)\tkTGH\t", line)
        if found:
            yield int(found[1], 16)


LATIN = {*range(0x20, 0x7F), *range(0xA0, 0x100)}
MARKS = {0x3000} | {ord(c) for c in "–—―‘’“”…‰′″※℃℡№←↑→↓√≈≠≤≥■□▲△○●★☆、。〇〈〉《》「」『』【】〔〕〓￥￡·•"}
MARKS |= {*range(0x2460, 0x2474), *range(0x2160, 0x216C), *range(0xFF01, 0xFF5F)}


def make(source, target, family, characters):
    """Cuts one face out of a collection. Kerning and feature tables go: the layout places each glyph itself."""
    options = subset.Options()
    options.layout_features = []
    options.drop_tables += ["BASE", "GPOS", "GSUB", "GDEF", "VORG", "vhea", "vmtx", "DSIG"]
    options.name_IDs = []
    options.hinting = False
    options.desubroutinize = False
    options.notdef_outline = True
    options.glyph_names = False
    options.recalc_timestamp = False
    # 2 is the face for mainland China, whose shapes the same code points have here.
    font = TTFont(NOTO / source, fontNumber=2, recalcTimestamp=False)
    cutter = subset.Subsetter(options)
    cutter.populate(unicodes=characters)
    cutter.subset(font)
    names = {0: COPYRIGHT, 1: family, 2: "Regular", 4: family, 6: family.replace(" ", "")}
    for number, text in names.items():
        font["name"].setName(text, number, 3, 1, 0x409)
    private = font["CFF "].cff
    private.fontNames = [family.replace(" ", "")]
    top = private.topDictIndex[0]
    for name in ("Notice", "Copyright", "FullName", "FamilyName"):
        if hasattr(top, name):
            setattr(top, name, COPYRIGHT if name in ("Notice", "Copyright") else family)
    font.save(HERE / target)
    count = len(font.getBestCmap())
    print(target, count, "characters", (HERE / target).stat().st_size, "bytes")


def main():
    level_one = set(decoded("gb2312", 16, 55))
    # What GBK has, in which names were registered for decades, traditional characters included.
    gbk = set(range(0x4E00, 0x9FA6))
    common = LATIN | MARKS
    make("NotoSerifCJK-Regular.ttc", "song.otf", "Linli Song", common | gbk | set(general_standard()))
    make("NotoSansCJK-Bold.ttc", "hei.otf", "Linli Hei", common | level_one)


if __name__ == "__main__":
    sys.exit(main())
