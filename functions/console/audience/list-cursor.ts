export { cursorOf as cursorPosition, cursorText } from '../cursor.ts';
