"""People who sign in to the desk, what they did to the system itself, and failed sign-ins."""

from django.contrib.auth.models import AbstractUser
from django.db import models
from django.db.models.functions import Lower

from relance.staff.facts import PERMISSIONS, Permission, Role


class User(AbstractUser):
    """A member of staff: one role, one language.

    `must_change_password` is set while the password is one that somebody else chose or saw.
    """

    role = models.CharField(
        max_length=20, choices=[(role.value, role.value) for role in Role], default=Role.AGENT.value
    )
    language = models.CharField(max_length=2, choices=[("fr", "Français"), ("en", "English")], default="fr")
    must_change_password = models.BooleanField(default=False)

    class Meta(AbstractUser.Meta):
        constraints = [models.UniqueConstraint(Lower("username"), name="staff_user_name_once")]

    def may(self, permission: Permission) -> bool:
        """Whether this person's role carries the permission; an inactive account carries none."""
        return self.is_active and permission in PERMISSIONS[Role(self.role)]


class AuditRow(models.Model):
    """One change somebody made: who, when, what, on which thing. Rows are only ever added (a trigger keeps it so)."""

    at = models.DateTimeField(auto_now_add=True)
    actor = models.CharField(max_length=150)
    verb = models.CharField(max_length=60)
    subject = models.CharField(max_length=200)
    details = models.JSONField(default=dict)

    class Meta:
        indexes = [models.Index(fields=["-at"])]


class SignInFailure(models.Model):
    """A refused sign-in, kept to slow down guessing."""

    at = models.DateTimeField(auto_now_add=True)
    username = models.CharField(max_length=150)
    address = models.GenericIPAddressField(null=True)

    class Meta:
        indexes = [models.Index(fields=["username", "at"]), models.Index(fields=["address", "at"])]
