"""The disk image's window, for dmgbuild: https://dmgbuild.readthedocs.io/en/latest/settings.html.

dmgbuild runs this file with ``defines``: ``app``, the app's path, and ``icons``, the folder that tools/icons.py filled.
"""

from pathlib import Path

_app = Path(defines["app"])  # noqa: F821
_icons = Path(defines["icons"])  # noqa: F821

files = [str(_app)]
symlinks = {"Applications": "/Applications"}
# Every macOS on which the app runs reads it, and it is a fifth smaller than the older ones.
format = "ULFO"  # noqa: A001
filesystem = "HFS+"

icon = str(_icons / f"{_app.stem}.icns")
# With background@2x.png beside it, for Retina displays.
background = str(_icons / "background.png")
window_rect = ((200, 200), (640, 400))
icon_size = 128
icon_locations = {_app.name: (180, 190), "Applications": (460, 190)}
show_icon_preview = False
show_status_bar = show_tab_view = show_toolbar = show_pathbar = show_sidebar = False
default_view = "icon-view"
