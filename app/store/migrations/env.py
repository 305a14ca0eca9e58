"""What alembic runs: the steps that are missing, on the connection it is handed, in that connection's transaction."""

from alembic import context

from app.store.schema import metadata

connection = context.config.attributes.get("connection")
if connection is None:
    # Alembic's own command line (`--sql`): the steps as text, for a database that someone else changes.
    context.configure(dialect_name=context.config.get_main_option("dialect") or "postgresql", literal_binds=True)
else:
    context.configure(connection=connection, target_metadata=metadata, transactional_ddl=True)
with context.begin_transaction():
    context.run_migrations()
