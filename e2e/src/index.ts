export { bringPeople, type People } from './checks/people.js';
export { startColumn, type Column, type ColumnName } from './column/column.js';
export { BareUser, newPublicKeys } from './checks/bare-user.js';
