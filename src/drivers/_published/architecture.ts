export { architectureOf, publishedArchitecture } from '../../core/architecture.ts';
