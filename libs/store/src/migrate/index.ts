export { migrate, resolveFailedMigration, type MigrateReport } from './migrate.js';
export { MigrationError, type MigrationErrorCode } from './errors.js';
export { applyRoles, roleOf, RolesError, type RolePasswords } from '../roles/apply-roles.js';
export { grants as databaseGrants, type Grant as DatabaseGrant } from '../roles/grants.js';
