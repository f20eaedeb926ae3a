"""Makes ICC profiles (ICC.1:2001-04), small ones, for the tests."""

import struct

DISPLAY_P3 = ((0.51512, 0.24120, -0.00105), (0.29198, 0.69225, 0.04189), (0.15710, 0.06657, 0.78407))
"""XYZ of red, green and blue, adapted to D50."""

ADOBE_RGB = ((0.60974, 0.31111, 0.01947), (0.20528, 0.62567, 0.06087), (0.14919, 0.06322, 0.74457))

_D50 = (0.9642, 1.0, 0.8249)


def rgb_profile(colorants: tuple[tuple[float, float, float], ...], gamma: float = 2.2, name: str = "Test RGB") -> bytes:
    """A matrix profile."""
    curve = _curve(gamma)
    tags = {b"rXYZ": _xyz(colorants[0]), b"gXYZ": _xyz(colorants[1]), b"bXYZ": _xyz(colorants[2])}
    return _profile(b"mntr", b"RGB ", b"XYZ ", name, {**tags, b"rTRC": curve, b"gTRC": curve, b"bTRC": curve})


def grey_profile(gamma: float) -> bytes:
    """A grey profile: one tone curve."""
    return _profile(b"mntr", b"GRAY", b"XYZ ", "Test grey", {b"kTRC": _curve(gamma)})


def cmyk_profile() -> bytes:
    """A CMYK profile of a two-point table: paper white, full black, and inks of sRGB's complements."""
    inks = {"c": (62, -31, -48), "m": (50, 78, -8), "y": (93, -10, 90)}
    table = bytearray()
    for cyan in (0, 1):
        for magenta in (0, 1):
            for yellow in (0, 1):
                for black in (0, 1):
                    on = [inks[name] for name, used in zip("cmy", (cyan, magenta, yellow), strict=True) if used]
                    lightness = 0.0 if black else 100.0
                    a = b = 0.0
                    for ink in on if not black else []:
                        lightness, a, b = lightness * ink[0] / 100, a + ink[1], b + ink[2]
                    table += bytes(
                        [round(lightness * 2.55), max(0, min(255, round(a) + 128)), max(0, min(255, round(b) + 128))]
                    )
    identity = b"".join(struct.pack(">l", int(value * 65536)) for value in (1, 0, 0, 0, 1, 0, 0, 0, 1))
    ramp = bytes(range(256))
    lut = b"mft1" + bytes(4) + bytes([4, 3, 2, 0]) + identity + ramp * 4 + bytes(table) + ramp * 3
    return _profile(b"prtr", b"CMYK", b"Lab ", "Test CMYK", {b"A2B0": lut})


def _profile(kind: bytes, space: bytes, connection: bytes, name: str, tags: dict[bytes, bytes]) -> bytes:
    text = name.encode() + b"\0"
    description = b"desc" + bytes(4) + struct.pack(">L", len(text)) + text + bytes(78)
    tags = {b"desc": description, b"cprt": b"text" + bytes(4) + b"CC0\0", b"wtpt": _xyz(_D50), **tags}
    table, body = struct.pack(">L", len(tags)), b""
    start = 128 + 4 + 12 * len(tags)
    for signature, data in tags.items():
        table += signature + struct.pack(">LL", start + len(body), len(data))
        body += data + bytes(-len(data) % 4)
    size = start + len(body)
    head = struct.pack(">L4sL4s4s4s", size, b"\0\0\0\0", 0x02400000, kind, space, connection)
    head += struct.pack(">6H", 2024, 1, 1, 0, 0, 0) + b"acsp" + bytes(28)
    head += struct.pack(">3l", *(int(value * 65536 + 0.5) for value in _D50))
    return head.ljust(128, b"\0") + table + body


def _xyz(values: tuple[float, float, float]) -> bytes:
    return b"XYZ " + bytes(4) + struct.pack(">3l", *(round(value * 65536) for value in values))


def _curve(gamma: float) -> bytes:
    return b"curv" + bytes(4) + struct.pack(">LH", 1, round(gamma * 256))
