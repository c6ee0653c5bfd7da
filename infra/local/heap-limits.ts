/** The limits that Lambda's own start script sets for Node, from the memory of the function. */
export function heapLimits(environment: Readonly<Record<string, string>>): string[] {
  const memoryMb = Number(environment['AWS_LAMBDA_FUNCTION_MEMORY_SIZE']);
  const newSpaceMb = Math.floor(memoryMb / 10);
  return [
    `--max-semi-space-size=${Math.floor(newSpaceMb / 2)}`,
    `--max-old-space-size=${memoryMb - newSpaceMb}`,
  ];
}
