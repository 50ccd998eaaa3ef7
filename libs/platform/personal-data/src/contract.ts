import { limits } from '@causeway/limits';
import { z } from 'zod';

const items = limits.personalSubjectItems.value;

/** Under which names a service may know a person; none of them is user-visible. */
export const Subject = z.strictObject({
  userId: z.uuid(),
  /** Every device that the person ever had. */
  deviceIds: z.array(z.uuid()).max(items),
  /** `{deviceId}.{gatekeeper}` of every opt-in that there ever was. */
  sessionKeys: z.array(z.string().max(80)).max(items),
  /** Keyed hashes of her identifiers, base64. */
  identifierHashes: z.array(z.base64().length(44)).max(items),
  gatekeepers: z.array(z.string().max(32)).max(items),
});
export type Subject = z.infer<typeof Subject>;

/** `POST /internal/v1/personal-data/export`: a page of what the service keeps about a person. */
export const EXPORT_PATH = '/internal/v1/personal-data/export';
export const ExportRequest = z.strictObject({
  subject: Subject,
  /** Where the last page ended. */
  cursor: z
    .string()
    .regex(/^\d{1,3}\.\d{1,9}$/)
    .optional(),
});
export const ExportedRecord = z.object({ table: z.string(), record: z.record(z.string(), z.unknown()) });
export type ExportedRecord = z.infer<typeof ExportedRecord>;
export const ExportPage = z.object({
  records: z.array(ExportedRecord).max(limits.personalPageItems.value),
  /** Given when there is more. */
  next: z.string().optional(),
});
export type ExportPage = z.infer<typeof ExportPage>;

/** `POST /internal/v1/personal-data/erase`: erases what the service keeps about a person. */
export const ERASE_PATH = '/internal/v1/personal-data/erase';
export const EraseRequest = z.strictObject({ subject: Subject });
export const EraseAnswer = z.object({
  /** False while something is still being removed: ask again. */
  erased: z.boolean(),
});
