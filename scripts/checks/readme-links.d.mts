export function absoluteLinks(text: string, directory: string, repository: string): string;
