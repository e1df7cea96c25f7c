<?php

declare(strict_types=1);

/**
 * What a PHP 7.4 would not understand in this source, by name; the client promises to run there, whatever PHP runs this.
 * Each kind comes with an example, so that the test can see that it would be found.
 *
 * @return array<string, array{string, string}> pattern of {@see tokens} and an example
 */
function since8(): array
{
    $functions = 'str_contains|str_starts_with|str_ends_with|get_debug_type|get_resource_id|fdiv|array_is_list|array_find';
    return [
        'match' => ['/ T_MATCH /', 'match (1) { 1 => 2 };'],
        'enum' => ['/ T_ENUM /', 'enum A {}'],
        'readonly' => ['/ T_READONLY /', 'class A { public readonly int $a; }'],
        'a null-safe call' => ['/ T_NULLSAFE_OBJECT_OPERATOR /', '$a?->b();'],
        'an attribute amid code' => ['/ T_ATTRIBUTE /', 'function f(#[A] $a) {}'],
        'a named argument' => ['/ [(,] \w+ : /', 'f(1, name: 2);'],
        'constructor promotion' => ['/ [(,] (public|protected|private) /', 'class A { function __construct(private $a) {} }'],
        'a union type' => ['/(?<! catch \() [\w\\\\]+ \| [\w\\\\]+ (& |\.\.\. )?\$/', 'function f(int|string $a) {}'],
        'a union type returned' => ['/ \) : \??[\w\\\\ ]+ \| /', 'function f(): int|string {}'],
        'static, mixed or never returned' => ['/ \) : (static|mixed|never) /', 'function f(): static {}'],
        'mixed as a type' => ['/ [(,] mixed \$/', 'function f(mixed $a) {}'],
        'catch without a variable' => ['/ catch \( [\w\\\\]+ \) /', 'try {} catch (A) {}'],
        'throw as an expression' => ['/ (\?\?|\?|=>|\|\||&&|or|and) throw /', '$a = $b ?? throw new C();'],
        'the class of an object' => ['/ \$ :: class /', '$a::class;'],
        'a callable of three dots' => ['/ \( \.\.\. \) /', 'f(...);'],
        'a comma behind the last parameter' => ['/ function [^()]*\( [^()]*, \) /', 'function f($a,) {}'],
        'new as a default' => ['/ [(,] [^(),=]*= new /', 'function f($a = new B) {}'],
        'a function of 8' => ['/ (?<!-> |:: |function )\\\\?(' . $functions . ') \( /', 'str_contains($a, $b);'],
    ];
}

/** The source without comments and space, a blank around each token, variables and texts by their kind alone. */
function tokens(string $source): string
{
    // On a line of its own an attribute is a comment to PHP 7.4.
    $source = preg_replace('/^\s*#\[.*\]\s*$/m', '', $source);
    $marked = ['T_MATCH', 'T_ENUM', 'T_READONLY', 'T_NULLSAFE_OBJECT_OPERATOR', 'T_ATTRIBUTE'];
    $said = ' ';
    foreach (token_get_all($source) as $token) {
        $name = is_array($token) ? token_name($token[0]) : '';
        if (in_array($name, ['T_WHITESPACE', 'T_COMMENT', 'T_DOC_COMMENT'], true)) {
            continue;
        }
        if (in_array($name, $marked, true)) {
            $said .= $name . ' ';
        } elseif ($name === 'T_VARIABLE') {
            $said .= '$ ';
        } elseif (in_array($name, ['T_CONSTANT_ENCAPSED_STRING', 'T_ENCAPSED_AND_WHITESPACE'], true)) {
            $said .= "'' ";
        } else {
            $said .= (is_array($token) ? $token[1] : $token) . ' ';
        }
    }
    return $said;
}
