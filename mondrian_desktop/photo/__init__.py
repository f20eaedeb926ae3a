"""Reads a photographer's files.

Here: decoding to upright sRGB, EXIF, and measured facts. Not here: what is said about them (``critique``),
how they are shown (``gui``, ``report``). Originals are opened read-only, never written.
"""
