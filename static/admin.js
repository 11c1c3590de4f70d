// @ts-check
// The moderation views work without this file; with it they are quicker.
