import { ServicesOnly, ZodBody } from '@causeway/http';
import { Controller, HttpCode, Inject, Post } from '@nestjs/common';
import { z } from 'zod';
import { ExportRequest, Subject, type EraseAnswer, type ExportPage } from './contract.js';
import { PersonalData } from './personal-data.service.js';

const EraseRequest = z.strictObject({ subject: Subject });

/** What this service keeps about a person, for accounts, which answers for all services. */
@Controller('internal/v1/personal-data')
@ServicesOnly('accounts')
export class PersonalDataController {
  constructor(@Inject(PersonalData) private readonly data: PersonalData) {}

  @Post('export')
  @HttpCode(200)
  export(@ZodBody(ExportRequest) { subject, cursor }: z.infer<typeof ExportRequest>): Promise<ExportPage> {
    return this.data.export(subject, cursor);
  }

  @Post('erase')
  @HttpCode(200)
  async erase(
    @ZodBody(EraseRequest) { subject }: z.infer<typeof EraseRequest>,
  ): Promise<z.infer<typeof EraseAnswer>> {
    return { erased: await this.data.erase(subject) };
  }
}
