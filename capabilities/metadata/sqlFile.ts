/** SQL files as ttIsql reads them: statements that end with a semicolon, PL/SQL blocks that end with a line `/`. */
import { listed, type FileFault, type Findings } from "./fault";
import { isBlock, scanSql, type SqlPiece } from "./sqlScan";
import { withoutMark } from "./text";

/** One statement of a file. */
export interface SqlStatement {
  /** Line of its first word, counted from 1. */
  line: number;
  /** Its first words in upper case, up to the first thing that is no word: enough to tell what it does. */
  words: string[];
}

/** Statements with where they begin, and what keeps the file from being read to its end. */
export interface SqlFile extends Findings {
  statements: SqlStatement[];
}

/** So many words tell what a statement does: CREATE DYNAMIC ASYNCHRONOUS WRITETHROUGH CACHE GROUP. */
const WORDS_KEPT = 10;

/**
 * @param file its key, for the faults
 * @param text of the file
 * @returns the statements in their order. An unterminated string, name, comment or block is a fault. Never throws;
 *   takes time in proportion to the length of the text. No message holds any of the text.
 */
export function readSqlFile(file: string, text: string): SqlFile {
  const read: SqlFile = { statements: [], faults: [], warnings: [] };
  let current: Open | null = null;
  scanSql(withoutMark(text), piece => {
    const fault = faultOf(piece);
    if (fault !== null) read.faults.push({ file, line: piece.line, message: fault });
    if (piece.kind === "word" || piece.kind === "other") {
      current ??= { statement: { line: piece.line, words: [] }, told: false };
      extend(current, piece);
    } else if (piece.kind !== "nul") {
      finish(read, current);
      current = null;
    }
  });
  if (current !== null && read.faults.length === 0) leftOpen(read, file, (current as Open).statement);
  finish(read, current);
  return { ...read, faults: listed(read.faults), warnings: listed(read.warnings) };
}

/** The statement that is being read; `told`: it has come to something else than words. */
interface Open {
  statement: SqlStatement;
  told: boolean;
}

function extend(open: Open, piece: SqlPiece): void {
  if (piece.kind === "other") open.told = true;
  else if (!open.told && open.statement.words.length < WORDS_KEPT) open.statement.words.push(piece.text);
}

function finish(read: SqlFile, open: Open | null): void {
  if (open !== null) read.statements.push(open.statement);
}

function faultOf(piece: SqlPiece): string | null {
  if (piece.kind === "unterminated") return `${piece.text} begins here and is never ended`;
  return piece.kind === "nul" ? "holds a NUL character; the file must be plain text" : null;
}

/** ttIsql waits for what would end it, and does nothing of it at the end of the file. */
function leftOpen(read: SqlFile, file: string, statement: SqlStatement): void {
  const at: Omit<FileFault, "message"> = { file, line: statement.line };
  if (isBlock(statement.words))
    read.faults.push({ ...at, message: "the PL/SQL block is not ended by a line with / alone" });
  else read.warnings.push({ ...at, message: "the last statement is not ended by a semicolon" });
}
