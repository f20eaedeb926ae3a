"""Qt without a widget: the pump's driver, posting to the main thread, PDF. Widgets belong to ``gui``."""
