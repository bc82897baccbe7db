/** Small disk images of every format, put together by hand from the specifications: well-formed, and with nothing in them that is not needed. */
export { guestDisk, randomNumbers } from './disk-images/guest.ts';
export { qcow2Image, type Qcow2Options } from './disk-images/qcow2.ts';
export { vdiImage } from './disk-images/vdi.ts';
export { vhdDynamicImage, vhdFixedImage, writeVhdChecksum } from './disk-images/vhd.ts';
export { vhdxImage, writeVhdxChecksum } from './disk-images/vhdx.ts';
export { vmdkSparseImage, vmdkStreamImage } from './disk-images/vmdk.ts';
export { tarImage, xzStream, zstdFrame } from './disk-images/wrapped.ts';
