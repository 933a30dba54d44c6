"""The first tables."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = '0001'
down_revision = None

TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table('certificate',
    sa.Column('tenant_id', TEXT, nullable=False),
    sa.Column('serial', TEXT, nullable=False),
    sa.Column('kind', TEXT, nullable=False),
    sa.Column('variant', TEXT, nullable=False),
    sa.Column('cn', TEXT, nullable=False),
    sa.Column('ou', TEXT, nullable=False),
    sa.Column('issued_at', sa.BigInteger(), nullable=False),
    sa.Column('not_before', sa.BigInteger(), nullable=False),
    sa.Column('not_after', sa.BigInteger(), nullable=False),
    sa.Column('revoked_at', sa.BigInteger(), nullable=True),
    sa.Column('content', sa.LargeBinary(), nullable=False),
    sa.PrimaryKeyConstraint('tenant_id', 'serial'),
    info={'tenant': True},
    sqlite_with_rowid=True
    )
    op.create_table('dmp_autorisation',
    sa.Column('tenant_id', TEXT, nullable=False),
    sa.Column('patient_id', TEXT, nullable=False),
    sa.Column('id_nat', TEXT, nullable=False),
    sa.Column('id', TEXT, nullable=False),
    sa.Column('active', sa.BigInteger(), nullable=False),
    sa.Column('since', sa.BigInteger(), nullable=False),
    sa.Column('until', sa.BigInteger(), nullable=True),
    sa.PrimaryKeyConstraint('tenant_id', 'patient_id', 'id_nat'),
    info={'tenant': True},
    sqlite_with_rowid=False
    )
    with op.batch_alter_table('dmp_autorisation', schema=None) as batch_op:
        batch_op.create_index('ix_dmp_autorisation_id', ['tenant_id', 'id'], unique=True)

    op.create_table('dmp_document',
    sa.Column('tenant_id', TEXT, nullable=False),
    sa.Column('id', TEXT, nullable=False),
    sa.Column('patient_id', TEXT, nullable=False),
    sa.Column('unique_id', TEXT, nullable=False),
    sa.Column('logical_id', TEXT, nullable=False),
    sa.Column('statut', TEXT, nullable=False),
    sa.Column('masque', sa.BigInteger(), nullable=False),
    sa.Column('lecteurs', TEXT, nullable=False),
    sa.Column('blob', TEXT, nullable=False),
    sa.Column('media_type', TEXT, nullable=False),
    sa.Column('taille', sa.BigInteger(), nullable=False),
    sa.Column('depose', sa.BigInteger(), nullable=False),
    sa.PrimaryKeyConstraint('tenant_id', 'id'),
    info={'tenant': True},
    sqlite_with_rowid=True
    )
    with op.batch_alter_table('dmp_document', schema=None) as batch_op:
        batch_op.create_index('ix_dmp_document_unique_id', ['tenant_id', 'unique_id'], unique=True)

    op.create_table('ep_execution',
    sa.Column('tenant_id', TEXT, nullable=False),
    sa.Column('numero', TEXT, nullable=False),
    sa.Column('version', sa.BigInteger(), nullable=False),
    sa.Column('id', TEXT, nullable=False),
    sa.Column('id_nat', TEXT, nullable=False),
    sa.Column('at', sa.BigInteger(), nullable=False),
    sa.Column('content', sa.LargeBinary(), nullable=False),
    sa.PrimaryKeyConstraint('tenant_id', 'numero', 'version'),
    info={'tenant': True},
    sqlite_with_rowid=False
    )
    op.create_table('ep_prescription',
    sa.Column('tenant_id', TEXT, nullable=False),
    sa.Column('numero', TEXT, nullable=False),
    sa.Column('id_nat', TEXT, nullable=False),
    sa.Column('digest', TEXT, nullable=False),
    sa.Column('registered_at', sa.BigInteger(), nullable=False),
    sa.Column('version', sa.BigInteger(), nullable=False),
    sa.Column('cancelled_at', sa.BigInteger(), nullable=True),
    sa.Column('content', sa.LargeBinary(), nullable=False),
    sa.PrimaryKeyConstraint('tenant_id', 'numero'),
    info={'tenant': True},
    sqlite_with_rowid=False
    )
    op.create_table('fault_turn',
    sa.Column('tenant_id', TEXT, nullable=False),
    sa.Column('id', TEXT, nullable=False),
    sa.Column('used', sa.BigInteger(), nullable=False),
    sa.PrimaryKeyConstraint('tenant_id', 'id'),
    info={'tenant': True},
    sqlite_with_rowid=False
    )
    op.create_table('fhir_date',
    sa.Column('tenant_id', TEXT, nullable=False),
    sa.Column('service', TEXT, nullable=False),
    sa.Column('rtype', TEXT, nullable=False),
    sa.Column('rid', TEXT, nullable=False),
    sa.Column('param', TEXT, nullable=False),
    sa.Column('lo', sa.BigInteger(), nullable=False),
    sa.Column('hi', sa.BigInteger(), nullable=False),
    sa.Column('updated', sa.BigInteger(), nullable=False),
    sa.PrimaryKeyConstraint('tenant_id', 'service', 'rtype', 'rid', 'param', 'lo', 'hi'),
    info={'tenant': True},
    sqlite_with_rowid=False
    )
    with op.batch_alter_table('fhir_date', schema=None) as batch_op:
        batch_op.create_index('ix_fhir_date_value', ['tenant_id', 'service', 'rtype', 'param', 'lo', 'hi', 'rid'], unique=False)

    op.create_table('fhir_quantity',
    sa.Column('tenant_id', TEXT, nullable=False),
    sa.Column('service', TEXT, nullable=False),
    sa.Column('rtype', TEXT, nullable=False),
    sa.Column('rid', TEXT, nullable=False),
    sa.Column('param', TEXT, nullable=False),
    sa.Column('lo', sa.BigInteger(), nullable=False),
    sa.Column('hi', sa.BigInteger(), nullable=False),
    sa.Column('system', TEXT, nullable=False),
    sa.Column('code', TEXT, nullable=False),
    sa.Column('updated', sa.BigInteger(), nullable=False),
    sa.PrimaryKeyConstraint('tenant_id', 'service', 'rtype', 'rid', 'param', 'lo', 'hi', 'code', 'system'),
    info={'tenant': True},
    sqlite_with_rowid=False
    )
    with op.batch_alter_table('fhir_quantity', schema=None) as batch_op:
        batch_op.create_index('ix_fhir_quantity_value', ['tenant_id', 'service', 'rtype', 'param', 'lo', 'hi', 'rid'], unique=False)

    op.create_table('fhir_reference',
    sa.Column('tenant_id', TEXT, nullable=False),
    sa.Column('service', TEXT, nullable=False),
    sa.Column('rtype', TEXT, nullable=False),
    sa.Column('rid', TEXT, nullable=False),
    sa.Column('param', TEXT, nullable=False),
    sa.Column('target_type', TEXT, nullable=False),
    sa.Column('target_id', TEXT, nullable=False),
    sa.Column('updated', sa.BigInteger(), nullable=False),
    sa.PrimaryKeyConstraint('tenant_id', 'service', 'rtype', 'rid', 'param', 'target_id', 'target_type'),
    info={'tenant': True},
    sqlite_with_rowid=False
    )
    with op.batch_alter_table('fhir_reference', schema=None) as batch_op:
        batch_op.create_index('ix_fhir_reference_value', ['tenant_id', 'service', 'rtype', 'param', 'target_id', 'updated', 'rid', 'target_type'], unique=False)

    op.create_table('fhir_resource',
    sa.Column('tenant_id', TEXT, nullable=False),
    sa.Column('service', TEXT, nullable=False),
    sa.Column('rtype', TEXT, nullable=False),
    sa.Column('rid', TEXT, nullable=False),
    sa.Column('vid', sa.BigInteger(), nullable=False),
    sa.Column('updated', sa.BigInteger(), nullable=False),
    sa.Column('content', sa.LargeBinary(), nullable=False),
    sa.PrimaryKeyConstraint('tenant_id', 'service', 'rtype', 'rid'),
    info={'tenant': True},
    sqlite_with_rowid=True
    )
    with op.batch_alter_table('fhir_resource', schema=None) as batch_op:
        batch_op.create_index('ix_fhir_resource_newest', ['tenant_id', 'service', 'rtype', 'updated', 'rid'], unique=False)

    op.create_table('fhir_string',
    sa.Column('tenant_id', TEXT, nullable=False),
    sa.Column('service', TEXT, nullable=False),
    sa.Column('rtype', TEXT, nullable=False),
    sa.Column('rid', TEXT, nullable=False),
    sa.Column('param', TEXT, nullable=False),
    sa.Column('norm', TEXT, nullable=False),
    sa.Column('exact', TEXT, nullable=False),
    sa.Column('updated', sa.BigInteger(), nullable=False),
    sa.PrimaryKeyConstraint('tenant_id', 'service', 'rtype', 'rid', 'param', 'norm', 'exact'),
    info={'tenant': True},
    sqlite_with_rowid=False
    )
    with op.batch_alter_table('fhir_string', schema=None) as batch_op:
        batch_op.create_index('ix_fhir_string_value', ['tenant_id', 'service', 'rtype', 'param', 'norm', 'rid'], unique=False)

    op.create_table('fhir_token',
    sa.Column('tenant_id', TEXT, nullable=False),
    sa.Column('service', TEXT, nullable=False),
    sa.Column('rtype', TEXT, nullable=False),
    sa.Column('rid', TEXT, nullable=False),
    sa.Column('param', TEXT, nullable=False),
    sa.Column('system', TEXT, nullable=False),
    sa.Column('code', TEXT, nullable=False),
    sa.Column('updated', sa.BigInteger(), nullable=False),
    sa.PrimaryKeyConstraint('tenant_id', 'service', 'rtype', 'rid', 'param', 'code', 'system'),
    info={'tenant': True},
    sqlite_with_rowid=False
    )
    with op.batch_alter_table('fhir_token', schema=None) as batch_op:
        batch_op.create_index('ix_fhir_token_value', ['tenant_id', 'service', 'rtype', 'param', 'code', 'updated', 'rid', 'system'], unique=False)

    op.create_table('fhir_version',
    sa.Column('tenant_id', TEXT, nullable=False),
    sa.Column('service', TEXT, nullable=False),
    sa.Column('rtype', TEXT, nullable=False),
    sa.Column('rid', TEXT, nullable=False),
    sa.Column('vid', sa.BigInteger(), nullable=False),
    sa.Column('updated', sa.BigInteger(), nullable=False),
    sa.Column('content', sa.LargeBinary(), nullable=False),
    sa.PrimaryKeyConstraint('tenant_id', 'service', 'rtype', 'rid', 'vid'),
    info={'tenant': True},
    sqlite_with_rowid=True
    )
    with op.batch_alter_table('fhir_version', schema=None) as batch_op:
        batch_op.create_index('ix_fhir_version_newest', ['tenant_id', 'service', 'rtype', 'updated', 'rid', 'vid'], unique=False)

    op.create_table('mss_box',
    sa.Column('tenant_id', TEXT, nullable=False),
    sa.Column('address', TEXT, nullable=False),
    sa.Column('uid_next', sa.BigInteger(), nullable=False),
    sa.PrimaryKeyConstraint('tenant_id', 'address'),
    info={'tenant': True},
    sqlite_with_rowid=False
    )
    op.create_table('mss_delivery',
    sa.Column('tenant_id', TEXT, nullable=False),
    sa.Column('address', TEXT, nullable=False),
    sa.Column('uid', sa.BigInteger(), nullable=False),
    sa.Column('message_id', TEXT, nullable=False),
    sa.PrimaryKeyConstraint('tenant_id', 'address', 'uid'),
    info={'tenant': True},
    sqlite_with_rowid=False
    )
    with op.batch_alter_table('mss_delivery', schema=None) as batch_op:
        batch_op.create_index('ix_mss_delivery_message', ['tenant_id', 'address', 'message_id'], unique=False)

    op.create_table('mss_message',
    sa.Column('tenant_id', TEXT, nullable=False),
    sa.Column('id', TEXT, nullable=False),
    sa.Column('blob_key', TEXT, nullable=False),
    sa.Column('size', sa.BigInteger(), nullable=False),
    sa.Column('received_at', sa.BigInteger(), nullable=False),
    sa.Column('mail_from', TEXT, nullable=False),
    sa.Column('subject', TEXT, nullable=False),
    sa.Column('summary', sa.LargeBinary(), nullable=False),
    sa.PrimaryKeyConstraint('tenant_id', 'id'),
    info={'tenant': True},
    sqlite_with_rowid=False
    )
    op.create_table('population_key',
    sa.Column('tenant_id', TEXT, nullable=False),
    sa.Column('kind', TEXT, nullable=False),
    sa.Column('name', TEXT, nullable=False),
    sa.Column('value', TEXT, nullable=False),
    sa.Column('holder', TEXT, nullable=False),
    sa.Column('id', TEXT, nullable=False),
    sa.PrimaryKeyConstraint('tenant_id', 'kind', 'name', 'value', 'holder'),
    info={'tenant': True},
    sqlite_with_rowid=False
    )
    op.create_table('population_record',
    sa.Column('tenant_id', TEXT, nullable=False),
    sa.Column('kind', TEXT, nullable=False),
    sa.Column('id', TEXT, nullable=False),
    sa.Column('base', sa.BigInteger(), nullable=False),
    sa.Column('searched', TEXT, nullable=False),
    sa.Column('content', sa.LargeBinary(), nullable=True),
    sa.PrimaryKeyConstraint('tenant_id', 'kind', 'id'),
    info={'tenant': True},
    sqlite_with_rowid=True
    )
    op.create_table('psc_access',
    sa.Column('tenant_id', TEXT, nullable=False),
    sa.Column('jti', TEXT, nullable=False),
    sa.Column('session_id', TEXT, nullable=False),
    sa.Column('client_id', TEXT, nullable=False),
    sa.Column('issued', sa.BigInteger(), nullable=False),
    sa.PrimaryKeyConstraint('tenant_id', 'jti'),
    info={'tenant': True},
    sqlite_with_rowid=False
    )
    with op.batch_alter_table('psc_access', schema=None) as batch_op:
        batch_op.create_index('ix_psc_access_issued', ['tenant_id', 'issued'], unique=False)
        batch_op.create_index('ix_psc_access_session', ['tenant_id', 'session_id', 'client_id'], unique=False)

    op.create_table('psc_code',
    sa.Column('tenant_id', TEXT, nullable=False),
    sa.Column('digest', TEXT, nullable=False),
    sa.Column('request_id', TEXT, nullable=False),
    sa.Column('session_id', TEXT, nullable=False),
    sa.Column('client_id', TEXT, nullable=False),
    sa.Column('redirect_uri', TEXT, nullable=False),
    sa.Column('scope', TEXT, nullable=False),
    sa.Column('nonce', TEXT, nullable=False),
    sa.Column('challenge', TEXT, nullable=False),
    sa.Column('challenge_method', TEXT, nullable=False),
    sa.Column('issued', sa.BigInteger(), nullable=False),
    sa.Column('used', sa.BigInteger(), nullable=False),
    sa.PrimaryKeyConstraint('tenant_id', 'digest'),
    info={'tenant': True},
    sqlite_with_rowid=False
    )
    with op.batch_alter_table('psc_code', schema=None) as batch_op:
        batch_op.create_index('ix_psc_code_issued', ['tenant_id', 'issued'], unique=False)
        batch_op.create_index('ux_psc_code_request', ['tenant_id', 'request_id'], unique=True)

    op.create_table('psc_family',
    sa.Column('tenant_id', TEXT, nullable=False),
    sa.Column('id', TEXT, nullable=False),
    sa.Column('session_id', TEXT, nullable=False),
    sa.Column('client_id', TEXT, nullable=False),
    sa.Column('scope', TEXT, nullable=False),
    sa.Column('refresh_id', TEXT, nullable=False),
    sa.Column('started', sa.BigInteger(), nullable=False),
    sa.PrimaryKeyConstraint('tenant_id', 'id'),
    info={'tenant': True},
    sqlite_with_rowid=False
    )
    with op.batch_alter_table('psc_family', schema=None) as batch_op:
        batch_op.create_index('ix_psc_family_session', ['tenant_id', 'session_id', 'client_id'], unique=False)
        batch_op.create_index('ix_psc_family_started', ['tenant_id', 'started'], unique=False)

    op.create_table('psc_session',
    sa.Column('tenant_id', TEXT, nullable=False),
    sa.Column('id', TEXT, nullable=False),
    sa.Column('id_nat', TEXT, nullable=False),
    sa.Column('mode', TEXT, nullable=False),
    sa.Column('cookie', TEXT, nullable=False),
    sa.Column('started', sa.BigInteger(), nullable=False),
    sa.Column('seen', sa.BigInteger(), nullable=False),
    sa.PrimaryKeyConstraint('tenant_id', 'id'),
    info={'tenant': True},
    sqlite_with_rowid=False
    )
    with op.batch_alter_table('psc_session', schema=None) as batch_op:
        batch_op.create_index('ix_psc_session_cookie', ['tenant_id', 'cookie'], unique=False)
        batch_op.create_index('ix_psc_session_started', ['tenant_id', 'started'], unique=False)

    op.create_table('tenant',
    sa.Column('name', TEXT, nullable=False),
    sa.Column('epoch', sa.BigInteger(), nullable=False),
    sa.Column('clock_shift', sa.BigInteger(), nullable=False),
    sa.Column('clock_frozen', sa.BigInteger(), nullable=True),
    sa.Column('settings', sa.LargeBinary(), nullable=False),
    sa.Column('created', sa.BigInteger(), nullable=True),
    sa.PrimaryKeyConstraint('name'),
    info={'tenant': False}
    )
    op.create_table('tenant_left_behind',
    sa.Column('tenant_key', TEXT, nullable=False),
    sa.Column('at', sa.BigInteger(), nullable=False),
    sa.PrimaryKeyConstraint('tenant_key'),
    info={'tenant': False}
    )
    op.create_table('trust_anchor',
    sa.Column('tenant_id', TEXT, nullable=False),
    sa.Column('fingerprint', TEXT, nullable=False),
    sa.Column('added_at', sa.BigInteger(), nullable=False),
    sa.Column('content', sa.LargeBinary(), nullable=False),
    sa.PrimaryKeyConstraint('tenant_id', 'fingerprint'),
    info={'tenant': True},
    sqlite_with_rowid=True
    )
