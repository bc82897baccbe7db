import type { Place } from '../../core/operation.ts';
import { tick } from '../cell-text.ts';
import { defineView } from '../view.ts';

/** Regions, stores and folders where images can lie. */
export const placeView = defineView<Place>({
  name: 'places',
  columns: {
    name: { value: (place) => place.name, kind: 'id' },
    title: { value: (place) => place.title },
    usable: { value: (place) => place.usable, kind: 'status' },
    isDefault: { value: (place) => place.isDefault ?? false, show: tick, title: 'default' },
    note: { value: (place) => place.note },
  },
  usual: ['name', 'title', 'usable', 'isDefault', 'note'],
  wide: ['name', 'title', 'usable', 'isDefault', 'note'],
  id: (place) => place.name,
  json: (place) => place,
});
