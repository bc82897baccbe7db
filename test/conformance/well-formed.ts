import { expect } from 'vitest';
import { imageFields, statuses, visibilities, type Image } from '../../src/core/image.ts';

const moment = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/;
const times = ['createdAt', 'updatedAt', 'expiresAt'] as const;
const sizes = ['sizeBytes', 'virtualBytes', 'minDiskBytes', 'minRamBytes'] as const;

/** An image as the contract wants every one: nothing invented, nothing empty where it should be absent. */
export function wellFormed(image: Image): void {
  expect(Object.keys(image)).toEqual([...imageFields, 'raw']);
  for (const [field, value] of Object.entries(image)) expect(value, field).not.toBe(null);
  expect(image.id).toMatch(/./);
  expect(typeof image.name).toBe('string');
  expect(statuses).toContain(image.status);
  expect(image.providerStatus).toMatch(/./);
  if (image.visibility !== undefined) expect(visibilities).toContain(image.visibility);
  for (const field of times) expect(image[field] ?? '2000-01-01T00:00:00Z', field).toMatch(moment);
  for (const field of sizes) expect(Number.isSafeInteger(image[field] ?? 0), field).toBe(true);
  expect(image.tags.every((tag) => typeof tag === 'string' && tag !== '')).toBe(true);
  for (const [name, value] of Object.entries(image.properties)) expect(typeof value, name).toBe('string');
  for (const place of image.places) {
    expect(place.name).toMatch(/./);
    expect(statuses).toContain(place.status);
  }
  for (const [algorithm, hex] of Object.entries(image.checksums ?? {})) expect(hex, algorithm).toMatch(/^[0-9a-f]{32,128}$/);
  expect(Object.keys(image.raw).length).toBeGreaterThan(0);
  expect(JSON.parse(JSON.stringify(image.raw))).toEqual(image.raw);
}
