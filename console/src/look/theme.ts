// Our colours as Mantine's: every value is a CSS variable, so tokens.css alone decides what light and dark look like.
import {
  type CSSVariablesResolver,
  createTheme,
  defaultVariantColorsResolver,
  type MantineColorsTuple,
} from '@mantine/core'

const STEPS = ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9'] as const

function ramp(name: string): MantineColorsTuple {
  const [first, ...rest] = STEPS.map((step) => `var(--${name}-${step})`)
  return [first ?? '', ...rest] as unknown as MantineColorsTuple
}

export const theme = createTheme({
  colors: {
    daun: ramp('daun'),
    gray: ramp('pasir'),
    dark: ramp('malam'),
    red: ramp('bata'),
    yellow: ramp('kunyit'),
    blue: ramp('langit'),
  },
  primaryColor: 'daun',
  primaryShade: { light: 7, dark: 4 },
  fontFamily: 'var(--font)',
  fontSizes: { xs: '12px', sm: 'var(--fs-sm)', md: 'var(--fs-md)', lg: '16px', xl: '20px' },
  spacing: { xs: '4px', sm: '8px', md: '12px', lg: '16px', xl: '24px' },
  radius: { xs: '4px', sm: '6px', md: '10px', lg: '14px', xl: '20px' },
  defaultRadius: 'md',
  cursorType: 'pointer',
  respectReducedMotion: true,
  // Mantine puts white on every filled colour; our fills are light at night and need dark ink.
  variantColorResolver: (input) => {
    const usual = defaultVariantColorsResolver(input)
    const color = input.color ?? input.theme.primaryColor
    if (input.variant === 'filled' && color === 'daun')
      return { ...usual, background: 'var(--accent)', hover: 'var(--accent-hover)', color: 'var(--on-accent)' }
    if (input.variant === 'filled' && color === 'red')
      return { ...usual, background: 'var(--stop)', hover: 'var(--stop)', color: 'var(--on-stop)' }
    if (input.variant === 'light' && color === 'daun')
      return {
        ...usual,
        background: 'var(--accent-soft)',
        hover: 'var(--accent-soft)',
        color: 'var(--on-accent-soft)',
      }
    return usual
  },
})

const ROLES = {
  '--mantine-color-body': 'var(--page)',
  '--mantine-color-text': 'var(--text)',
  '--mantine-color-dimmed': 'var(--text-3)',
  '--mantine-color-placeholder': 'var(--text-3)',
  '--mantine-color-error': 'var(--stop-text)',
  '--mantine-color-anchor': 'var(--accent-text)',
  '--mantine-color-default': 'var(--surface)',
  '--mantine-color-default-color': 'var(--text)',
  '--mantine-color-default-hover': 'var(--hover)',
  '--mantine-color-default-border': 'var(--line-strong)',
  '--mantine-primary-color-contrast': 'var(--on-accent)',
}

export const resolver: CSSVariablesResolver = () => ({ variables: {}, light: ROLES, dark: ROLES })
