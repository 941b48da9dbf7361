"""Questions that need many trainings: each gives back a curve with its spread."""
