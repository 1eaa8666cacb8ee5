"""Who calls a function and who runs beside it, and which functions cannot matter to anybody."""
