import { deny } from '@scopegate/core';
import { gate } from '../../../../gate.js';

// Answers the metadata. Nothing else is behind it.
const metadata = gate.fetch(() => new Response(null, { status: 404 }), deny());

export { metadata as GET, metadata as OPTIONS };
