"""Every setting of the house, read once from the environment or `.env`, with all that is wrong named at once."""

from app.settings.fields import Settings
from app.settings.names import setting_names
from app.settings.reading import SettingsError, load
from app.settings.table import settings_table

__all__ = ["Settings", "SettingsError", "load", "setting_names", "settings_table"]
