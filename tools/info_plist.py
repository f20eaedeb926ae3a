"""What Info.plist says beyond what PyInstaller writes: https://developer.apple.com/documentation/bundleresources."""

from typing import Any

from mondrian_desktop import APP_ID, APP_NAME, __version__

MINIMUM_SYSTEM = "14.4"
"""Qt's libraries are built for it."""
URL_SCHEME = "mondrian"
SERVICE_MESSAGE = "analyzeWithMondrian"
"""The services provider answers to ``analyzeWithMondrian:userData:error:``."""
PHOTO_ICON = "photo.icns"


def info_plist() -> dict[str, Any]:
    """Return the entries; booleans are booleans, since "true" as text counts as false."""
    return {
        "CFBundleIdentifier": APP_ID,
        "CFBundleName": APP_NAME,
        "CFBundleDisplayName": APP_NAME,
        "CFBundleShortVersionString": __version__,
        "CFBundleVersion": __version__,
        "CFBundleDevelopmentRegion": "en",
        "CFBundleDocumentTypes": [
            _document("Photo", ["public.image"], PHOTO_ICON),
            _document("Camera raw photo", ["public.camera-raw-image"], PHOTO_ICON),
            _document("Folder", ["public.folder"]),
        ],
        "CFBundleURLTypes": [
            {"CFBundleURLName": APP_ID, "CFBundleURLSchemes": [URL_SCHEME], "CFBundleTypeRole": "Viewer"}
        ],
        "LSApplicationCategoryType": "public.app-category.photography",
        "LSMinimumSystemVersion": MINIMUM_SYSTEM,
        "NSHighResolutionCapable": True,
        "NSHumanReadableCopyright": "The Mondrian Desktop developers. MIT license.",
        # Dark appearance is followed.
        "NSRequiresAquaSystemAppearance": False,
        "NSPrincipalClass": "NSApplication",
        "NSServices": [_service()],
        # Shown when the system asks whether the app may look there.
        "NSDesktopFolderUsageDescription": "Mondrian reads the photos that you open from your desktop.",
        "NSDocumentsFolderUsageDescription": "Mondrian reads the photos that you open from your documents.",
        "NSDownloadsFolderUsageDescription": "Mondrian reads the photos that you open from your downloads.",
        "NSNetworkVolumesUsageDescription": "Mondrian reads the photos that you open from network volumes.",
        "NSRemovableVolumesUsageDescription": "Mondrian reads the photos that you open from cards and drives.",
        "NSLocalNetworkUsageDescription": "Mondrian answers devices in your network when you switch its service on.",
    }


def _document(name: str, types: list[str], icon: str = "") -> dict[str, Any]:
    kind: dict[str, Any] = {
        "CFBundleTypeName": name,
        # It opens them and leaves them as they are; no other app loses its double-click.
        "CFBundleTypeRole": "Viewer",
        "LSHandlerRank": "Alternate",
        "LSItemContentTypes": types,
    }
    return {**kind, "CFBundleTypeIconFile": icon} if icon else kind


def _service() -> dict[str, Any]:
    return {
        "NSMenuItem": {"default": f"Analyze with {APP_NAME}"},
        "NSMessage": SERVICE_MESSAGE,
        "NSPortName": APP_NAME,
        "NSSendFileTypes": ["public.image", "public.camera-raw-image", "public.folder"],
        "NSRequiredContext": {},
        "NSTimeout": "10000",
    }
