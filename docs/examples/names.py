"""Given names, and their letters as numbers: the text that the two language models learn from."""

from __future__ import annotations

NAMES = """
ada adam adele agnes alan alba albert alice alina alma amelia amina amos ana andrea anna anton
arthur astrid aurora ava barbara beatrice ben benjamin bernard bella bruno camila carl carla
caroline cecilia charles charlotte chloe clara claude conrad cora daniel daria david dana diana
diego dora edgar edith edward elena eleanor elias elif elisa eliza ella ellen elsa emil emilia emma
eric erika esther eva eve felix fiona flora florence frank freya frida gabriel george gina gloria
grace greta gustav hannah harold hector helen helena henry hilda hugo ian ida igor ina ingrid iris
irma isaac isabel isla ivan ivy jacob jakob james jan jana jane jasmin joan john jonas josef judith
julia julian juliet karin karl kasper kate kira klara lara laura lea leah lena leo leon leonora lia
lily lina linda lisa livia liz lola lotte louis lucas lucia lucy luis luna lydia magda maia malina
mara marc marco margot maria marie marina mario mark marta martin mary mathilda max maya mia mila
milo mina mira miriam moritz nadia nadine naomi nell nico nina noah nora norma olga olive oliver
olivia omar oscar otto paul paula pauline peter petra philip pia rachel ralph rebecca remo rita rob
robert robin rosa rosalie rose ruby ruth samuel sara selma silas silvia simon sofia sonia sophie
stella susan tamara tara thea theo theresa tim tina tom toni ursula valentin vera victor viola wanda
willa william yara yusuf zoe
""".split()

# token 0 begins and ends a name
LETTERS = [".", *sorted(set("".join(NAMES)))]


def encode(name: str) -> list[int]:
    """Return the tokens of a name, with the mark before and after it."""
    return [0, *(LETTERS.index(letter) for letter in name), 0]


def decode(tokens: list[int]) -> str:
    """Return the letters of tokens."""
    return "".join(LETTERS[t] for t in tokens)
