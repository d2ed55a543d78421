export async function runMockGateway(_o: unknown, _io: unknown): Promise<number> {
  return 0;
}
