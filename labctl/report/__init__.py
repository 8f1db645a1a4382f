"""Turns results and events into text: claims tables, JSON, progress. Nothing is judged or decided here."""
