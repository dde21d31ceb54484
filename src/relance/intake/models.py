"""What was imported: one row per file, with its figures and the rows it rejected."""

from django.db import models


class ImportedFile(models.Model):
    """A file that went through the import: counts, and the first rejected rows for the desk to show."""

    imported_at = models.DateTimeField(auto_now_add=True)
    imported_by = models.CharField(max_length=150, default="")
    file = models.CharField(max_length=500)
    content_hash = models.CharField(max_length=64)
    rows = models.IntegerField()
    created = models.IntegerField()
    updated = models.IntegerField()
    unchanged = models.IntegerField()
    rejected = models.IntegerField()
    errors = models.JSONField(default=list)
