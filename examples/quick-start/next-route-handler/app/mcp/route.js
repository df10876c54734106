import { mcp } from '@scopegate/example-notes'; // yours
import { gate } from '../../gate.js';

const guarded = gate.fetch(mcp.fetch); // by tool; tools find authInfo

export { guarded as GET, guarded as POST, guarded as DELETE, guarded as OPTIONS };
