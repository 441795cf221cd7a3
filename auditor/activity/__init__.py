"""The heavy half: a handful of SQL steps that turn millions of events into episodes and uses."""
