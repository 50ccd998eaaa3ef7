import { webhooksService } from '@causeway/webhooks';
import { runService } from '@causeway/runtime';

await runService(webhooksService);
