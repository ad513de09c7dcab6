import { BaseSequencer, type TestSpecification } from "vitest/node";

const isNumbered = ({ moduleId }: TestSpecification): boolean => /\/\d\d-[^/]+$/.test(moduleId);

/** Files whose names start with a number come last and in that order, others in Vitest's. */
export class NumberedLast extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const numbered = sorted.filter(isNumbered).sort((a, b) => (a.moduleId < b.moduleId ? -1 : 1));
    return [...sorted.filter((file) => !isNumbered(file)), ...numbered];
  }
}
