import { describe, expect, it } from 'vitest';
import { openCloud } from '../clouds/linode/index.ts';
import { commandStage } from './stage.ts';
