import { mediaService } from '@causeway/media';
import { runService } from '@causeway/runtime';

await runService(mediaService);
