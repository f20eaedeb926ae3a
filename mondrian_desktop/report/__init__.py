"""What the user reads: the finished Analysis, and its renderings.

Here: the frozen model, its versioned JSON, Markdown, HTML, CSV and chart (as SVG text). Not here: Qt, the disk,
the network. Everything a model or a file said is escaped before it becomes markup.
"""
