// What can a reader have done in a chapter, and how much of it is that?
//
// A record of one chapter:
//   read     true; false if the reader says so, and then no scrolling changes it; null if nobody has said anything
//   seen     the sections that were on the screen, until the chapter is read
//   quizzes  labels of the quizzes that were answered rightly
//   rules    test cells of the exercises that passed, each with its points
// A chapter, as the outline and its notebook have it: { quizzes: [label], points, rules: { test cell: points } }.
// Only the page of progress knows the rules.

const object = value => (value && typeof value === 'object' && !Array.isArray(value) ? value : {});
const strings = value => (Array.isArray(value) ? [...new Set(value.filter(each => typeof each === 'string'))] : []);

/** The records in a value that anybody may have written, by page. */
export function sound(pages) {
  return Object.fromEntries(Object.entries(object(pages)).map(([page, value]) => {
    const { read, seen, quizzes, rules } = object(value);
    const points = Object.entries(object(rules)).filter(([, each]) => Number.isInteger(each) && each >= 0);
    return [page, {
      read: typeof read === 'boolean' ? read : null,
      seen: read === true ? [] : strings(seen),
      quizzes: strings(quizzes),
      rules: Object.fromEntries(points),
    }];
  }));
}

/** How much of a chapter is done; what an earlier edition of the chapter asked for does not count. */
export function amount(chapter, record = sound({ '': {} })['']) {
  const points = Object.values(record.rules).reduce((sum, each) => sum + each, 0);
  return {
    read: record.read === true,
    quizzes: chapter.quizzes.filter(label => record.quizzes.includes(label)).length,
    points: Math.min(points, chapter.points),
  };
}

/** The three parts of a chapter, from 0 to 1, without those that it does not have. */
export function shares(chapter, { read, quizzes, points }) {
  const parts = [[Number(read), 1], [quizzes, chapter.quizzes.length], [points, chapter.points]];
  return parts.filter(([, most]) => most).map(([some, most]) => some / most);
}

/** The same in words; nothing if nothing is done. */
export function words(chapter, { read, quizzes, points }) {
  if (shares(chapter, { read, quizzes, points }).every(share => share === 1)) return 'all done';
  return [
    read && 'read',
    quizzes && `${quizzes} of ${chapter.quizzes.length} quizzes`,
    points && `${points} of ${chapter.points} points`,
  ].filter(Boolean).join(', ');
}
