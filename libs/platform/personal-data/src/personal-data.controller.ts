import { ServicesOnly, ZodBody } from '@causeway/http';
import { Controller, HttpCode, Inject, Post } from '@nestjs/common';
import type { z } from 'zod';
import { EraseRequest, ExportRequest, type EraseAnswer, type ExportPage } from './contract.js';
import { PersonalData } from './personal-data.service.js';

/** What this service keeps about a person, for accounts, which answers for all services. */
@Controller('internal/v1/personal-data')
@ServicesOnly('accounts')
export class PersonalDataController {
  constructor(@Inject(PersonalData) private readonly data: PersonalData) {}

  /** A page of what the service keeps about a person. */
  @Post('export')
  @HttpCode(200)
  export(@ZodBody(ExportRequest) { subject, cursor }: z.infer<typeof ExportRequest>): Promise<ExportPage> {
    return this.data.export(subject, cursor);
  }

  /** Erases what the service keeps about a person; asked again until it says that nothing is left. */
  @Post('erase')
  @HttpCode(200)
  async erase(
    @ZodBody(EraseRequest) { subject }: z.infer<typeof EraseRequest>,
  ): Promise<z.infer<typeof EraseAnswer>> {
    return { erased: await this.data.erase(subject) };
  }
}
