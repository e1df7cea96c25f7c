class Fanfare {}
export { Fanfare as default, Fanfare };
