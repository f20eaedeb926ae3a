"""Pixels: windows, panes, actions, theme. A verb that other front ends could use belongs to ``service``."""
