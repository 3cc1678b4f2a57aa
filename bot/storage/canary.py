"""One sealed value by which a start sees whether the vault's key is the one that this database was made with.

With another key nothing that is stored would open, and what is stored from then on would open with that key alone.
"""

import sqlalchemy as sa

from bot.storage.tables import vault_canary
from bot.storage.vault import KeyMissing, SealBroken, Vault

_PLACE = "vault_canary/1"
_KEEP = sa.text("insert into vault_canary (id, sealed) values (1, :sealed) on conflict (id) do nothing")


def has_canary(db: sa.Connection) -> bool:
    """Whether a key was used with this database already. The tables need not be there yet."""
    return sa.inspect(db).has_table(vault_canary.name) and db.scalar(sa.select(vault_canary.c.id)) is not None


def check_key(db: sa.Connection, vault: Vault) -> None:
    """Nothing, when the vault opens this database; a database that was never used belongs to this vault from now on.

    Raises:
        KeyMissing: it was made with another key.
    """
    # Of two processes that start on an empty database, the one that comes second has to open what the first has sealed.
    db.execute(_KEEP, {"sealed": vault.seal(_PLACE, b"teduh")})
    try:
        vault.open(_PLACE, db.execute(sa.select(vault_canary.c.sealed)).scalar_one())
    except SealBroken:
        raise KeyMissing("The key does not open this database: put back the key it was made with.") from None
