# SPDX-License-Identifier: Apache-2.0
"""An EXIF block as a camera writes it: maker, orientation, dates, exposure, size, and a thumbnail in IFD1.

EXIF 2.32 §4.5 and §4.6; little endian.
"""

import struct

SHORT, LONG, RATIONAL, ASCII, UNDEFINED = 3, 4, 5, 2, 7


def exif_block(orientation, width, height, thumbnail):
    """The APP1 payload, "Exif" and two zero bytes included."""
    camera = [
        (0x010F, ASCII, b"Procedural\0"),
        (0x0110, ASCII, b"Noise 12M\0"),
        (0x0112, SHORT, struct.pack("<H", orientation)),
        (0x0132, ASCII, b"2024:05:17 10:31:00\0"),
    ]
    picture = [
        (0x829A, RATIONAL, struct.pack("<II", 1, 250)),
        (0x829D, RATIONAL, struct.pack("<II", 28, 10)),
        (0x8827, SHORT, struct.pack("<H", 200)),
        (0x9000, UNDEFINED, b"0232"),
        (0x9003, ASCII, b"2024:05:17 10:31:00\0"),
        (0xA002, LONG, struct.pack("<I", width)),
        (0xA003, LONG, struct.pack("<I", height)),
    ]
    small = [(0x0103, SHORT, struct.pack("<H", 6))]
    picture_start = 8 + _room(camera + [(0x8769, LONG, bytes(4))])
    small_start = picture_start + _room(picture)
    thumbnail_start = small_start + _room(small + [(0x0201, LONG, bytes(4)), (0x0202, LONG, bytes(4))])
    camera.append((0x8769, LONG, struct.pack("<I", picture_start)))
    small.append((0x0201, LONG, struct.pack("<I", thumbnail_start)))
    small.append((0x0202, LONG, struct.pack("<I", len(thumbnail))))
    blocks = _directory(camera, 8, small_start) + _directory(picture, picture_start, 0)
    blocks += _directory(small, small_start, 0)
    return b"Exif\0\0" + struct.pack("<2sHI", b"II", 42, 8) + blocks + thumbnail


def _room(entries):
    return 6 + 12 * len(entries) + sum(len(value) + len(value) % 2 for _, _, value in entries if len(value) > 4)


def _directory(entries, start, following):
    sizes = {SHORT: 2, LONG: 4, RATIONAL: 8, ASCII: 1, UNDEFINED: 1}
    table, values = struct.pack("<H", len(entries)), b""
    values_start = start + 6 + 12 * len(entries)
    for tag, kind, value in entries:
        field = value.ljust(4, b"\0")
        if len(value) > 4:
            field = struct.pack("<I", values_start + len(values))
            values += value + bytes(len(value) % 2)
        table += struct.pack("<HHI", tag, kind, len(value) // sizes[kind]) + field
    return table + struct.pack("<I", following) + values
