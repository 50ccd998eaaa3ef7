export { bringPeople, type People } from './checks/people.js';
export { startColumn, type Column, type ColumnName } from './column/column.js';
