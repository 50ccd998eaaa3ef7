import { accountsService } from '@causeway/accounts';
import { runService } from '@causeway/runtime';

await runService(accountsService);
