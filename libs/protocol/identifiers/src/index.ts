export { canonicalIdentifier, type CanonicalIdentifier, type IdentifierKind } from './identifier.js';
