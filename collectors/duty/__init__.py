"""Rotas: who is on duty when."""
