export {
  ERASE_PATH,
  EraseAnswer,
  EraseRequest,
  EXPORT_PATH,
  ExportPage,
  ExportRequest,
  Subject,
  type ExportedRecord,
} from './contract.js';
export { eraseTables } from './erase.js';
export { exportPage } from './export.js';
export { PersonalDataController } from './personal-data.controller.js';
export { PersonalData } from './personal-data.service.js';
export type { PersonalTable, Reveal, Reveals } from './tables.js';
